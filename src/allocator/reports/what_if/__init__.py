"""What-ifs as people look at them: pages, a workbook and a document for programs."""
