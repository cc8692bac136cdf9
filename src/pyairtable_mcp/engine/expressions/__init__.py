"""`${{ … }}`: how a step refers to what earlier steps gave. Values in, values out; never text into JSON."""
