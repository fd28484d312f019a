"""Home pages by role, and finding things by their reference. Roof: it asks every storey and changes nothing."""
