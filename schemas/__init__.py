"""Record shapes: one Avro schema per topic and what is generated from them."""
