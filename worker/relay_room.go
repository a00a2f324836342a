package worker

import (
	"fmt"
	"slices"
	"time"

	"github.com/hibiken/asynq"

	"github.com/latchkeep/latchkeep/ent/rawsql"
)

const (
	// mostWaiting is how many calls may wait in a queue while more tenants have something due than one round calls for. Who is called for and waits is
	// called for again every callEvery, so a queue that took them all would hold more of one tenant the longer it takes, and the last would be in vain.
	mostWaiting = 500
	// roomEvery is how often a full queue is looked at.
	roomEvery = 100 * time.Millisecond
)

// queueRoom tells for which kinds the queues have room for calls. It asks them only while there is more to call for than a round does.
type queueRoom struct {
	waiting func(queue string) (int, error)
	now     func() time.Time
	behind  bool                 // there was more than one round called for
	left    map[string]int       // calls for which there is room, by kind
	looked  map[string]time.Time // when the queue was seen full
}

func newQueueRoom(inspector *asynq.Inspector) *queueRoom {
	waiting := func(queue string) (int, error) {
		known, err := inspector.Queues()
		if err == nil && !slices.Contains(known, queue) {
			return 0, nil // nothing was ever in it
		}
		var info *asynq.QueueInfo
		if err == nil {
			info, err = inspector.GetQueueInfo(queue)
		}
		if err != nil {
			return 0, fmt.Errorf("look at the queue %s: %w", queue, err)
		}
		return info.Pending, nil
	}
	return &queueRoom{waiting: waiting, now: time.Now, left: map[string]int{}, looked: map[string]time.Time{}}
}

// of are those of the kinds whose queues have room for a round's calls.
func (q *queueRoom) of(kinds []string) ([]string, error) {
	if !q.behind {
		return kinds, nil
	}
	var open []string
	for _, kind := range kinds {
		if q.left[kind] <= 0 && q.now().Sub(q.looked[kind]) >= roomEvery {
			n, err := q.waiting(kind)
			if err != nil {
				return nil, err
			}
			q.left[kind], q.looked[kind] = mostWaiting-n, q.now()
		}
		if q.left[kind] > 0 {
			open = append(open, kind)
		}
	}
	return open, nil
}

// called notes what a round that looked for some of all kinds called for, and whether there is more.
func (q *queueRoom) called(kinds, all []string, due []rawsql.DueKind, more bool) {
	for _, d := range due {
		q.left[d.Kind]--
	}
	switch {
	case more:
		q.behind = true
	case slices.Equal(kinds, all):
		q.behind = false
	}
}
