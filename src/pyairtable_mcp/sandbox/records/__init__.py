"""Reading and writing records: which ones, their cells, how they are shown, pages of them."""
