"""The WhatsApp platform on a laptop, with a phone to type on."""
