"""Shows plans: one output format a file; reads the model, writes to the stream it is given."""
