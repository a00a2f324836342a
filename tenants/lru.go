package tenants

import "container/list"

// lru is a bounded map that forgets what was not asked for the longest. It is not safe for concurrent use.
type lru[K comparable, V any] struct {
	size    int
	order   *list.List // of *lruItem, most recent first
	items   map[K]*list.Element
	evicted func(K, V)
}

type lruItem[K comparable, V any] struct {
	key   K
	value V
}

// newLRU makes an lru of at most size entries; evicted, if any, is told of each entry that goes for any reason but being overwritten.
func newLRU[K comparable, V any](size int, evicted func(K, V)) *lru[K, V] {
	return &lru[K, V]{size: max(size, 1), order: list.New(), items: map[K]*list.Element{}, evicted: evicted}
}

func (c *lru[K, V]) get(key K) (V, bool) {
	e, ok := c.items[key]
	if !ok {
		var none V
		return none, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*lruItem[K, V]).value, true
}

// peek is get without counting as a use.
func (c *lru[K, V]) peek(key K) (V, bool) {
	e, ok := c.items[key]
	if !ok {
		var none V
		return none, false
	}
	return e.Value.(*lruItem[K, V]).value, true
}

func (c *lru[K, V]) put(key K, value V) {
	if e, ok := c.items[key]; ok {
		e.Value.(*lruItem[K, V]).value = value
		c.order.MoveToFront(e)
		return
	}
	c.items[key] = c.order.PushFront(&lruItem[K, V]{key, value})
	for c.order.Len() > c.size {
		c.remove(c.order.Back().Value.(*lruItem[K, V]).key)
	}
}

func (c *lru[K, V]) remove(key K) {
	e, ok := c.items[key]
	if !ok {
		return
	}
	c.order.Remove(e)
	delete(c.items, key)
	if c.evicted != nil {
		c.evicted(key, e.Value.(*lruItem[K, V]).value)
	}
}

func (c *lru[K, V]) len() int { return c.order.Len() }

func (c *lru[K, V]) clear() {
	for key := range c.items {
		c.remove(key)
	}
}
