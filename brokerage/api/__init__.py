"""The REST API as a whole: every storey's operations under one address, their document, and its pages."""
