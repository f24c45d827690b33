"""What goes over the wire: one frozen type for every body and answer; OpenAPI is generated from the same types."""
