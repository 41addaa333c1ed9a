"""Steps that wait for a time, a signal, a person or an agent."""
