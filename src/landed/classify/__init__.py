"""From a description of goods to ranked tariff lines with reasons, one question, and the money between them."""
