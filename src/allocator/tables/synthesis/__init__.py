"""The parts of a synthetic tobacco city: words, products, shops, sales, orders, order-takers."""
