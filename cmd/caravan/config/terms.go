package config

import "time"

// checkTerms checks how long things take, or are kept.
func checkTerms(c Config, f *faults) {
	for key, d := range map[string]time.Duration{"csat_after": c.Feedback.CSATAfter, "nps_after": c.Feedback.NPSAfter} {
		if d < 0 || d > 30*24*time.Hour {
			f.of("feedback."+key, "%v is not between 0 and 720h", d)
		}
	}
	for key, d := range map[string]time.Duration{"mail_at": c.Reports.MailAt, "recount": c.Reports.Recount} {
		if d < 0 || d >= 24*time.Hour {
			f.of("reports."+key, "%v is not between 0 and 24h from midnight", d)
		}
	}
	if d := c.Redis.Term; d < time.Second || d > time.Minute {
		f.of("redis.term", "%v is not between 1s and 1m", d)
	}
	r := c.Retention
	for key, d := range map[string]time.Duration{
		"conversations": r.Conversations, "attachments": r.Attachments, "recordings": r.Recordings, "mail": r.Mail,
	} {
		if d != 0 && d < 24*time.Hour {
			f.of("retention."+key, "%v is less than a day; 0 keeps it for ever", d)
		}
	}
}
