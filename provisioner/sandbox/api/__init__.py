"""What every request goes through, whatever it asks for; and what happens without one."""
