package routing

import (
	"fmt"
	"strconv"
	"strings"
)

// topLevel is the highest level of skill; 1 is the lowest.
const topLevel = 5

// Skill is what an officer can do: all of a desk, or one category of it, and how well.
type Skill struct {
	Desk     string
	Category string // empty: all of the desk
	Level    int    // 1 to 5
}

// ParseSkill reads `desk`, `desk/category`, and either with a level behind a colon:
// `trace/held_in_customs:3`. Without one the level is 1.
func ParseSkill(s string) (Skill, error) {
	name, level, leveled := strings.Cut(s, ":")
	skill := Skill{Level: 1}
	if leveled {
		n, err := strconv.Atoi(level)
		if err != nil || n < 1 || n > topLevel || level != strconv.Itoa(n) {
			return Skill{}, fmt.Errorf("%q has a level other than 1 to %d", s, topLevel)
		}
		skill.Level = n
	}
	var narrow bool
	skill.Desk, skill.Category, narrow = strings.Cut(name, "/")
	if !deskName.MatchString(skill.Desk) || narrow && !deskName.MatchString(skill.Category) {
		return Skill{}, fmt.Errorf("%q is neither a desk nor desk/category", s)
	}
	return skill, nil
}
