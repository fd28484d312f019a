"""Files of prices: ceilings of establishments on lots, and providers' menus of extras."""
