"""From the facts of a shipment to an explained estimate of duty."""
