"""Pages for people: templates, the style, and the plain values that fill them."""
