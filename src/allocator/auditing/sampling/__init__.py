"""Which recordings to listen to, drawn so that anyone can draw again, and what was heard."""
