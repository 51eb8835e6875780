package routing

// AllQueues names every queue in which a conversation may wait for an officer.
func (ds Desks) AllQueues() []string {
	return (&Router{Desks: ds}).queues(func(Need) bool { return true })
}
