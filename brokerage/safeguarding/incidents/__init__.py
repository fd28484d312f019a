"""Missing episodes and notifiable events that a provider reports of its own residents."""
