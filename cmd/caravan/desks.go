package main

import "github.com/caravan-desk/caravan/routing"

// timekeeping adds the engines that act because of the time, and not because of an event.
func (a *app) timekeeping() {
	alarms := &routing.Alarms{
		Queue: a.store, Store: a.store, Watcher: a.store, Desks: a.desks, Partitions: a.store.Partitions(), Now: now, Logger: a.log,
	}
	retime := &routing.Retime{Terms: a.store, Store: a.store, Rows: a.store, Desks: a.desks, Now: now, Logger: a.log}
	reviews := &routing.Reviews{Store: a.store, Desks: a.desks, Partitions: a.store.Partitions(), Now: now, Logger: a.log}
	a.engines = append(a.engines, engine{"alarms", alarms.Run}, engine{"retime", retime.Run}, engine{"reviews", reviews.Run})
}
