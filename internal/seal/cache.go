package seal

import (
	"container/list"
	"sync"
)

// cache keeps the keys that were used last opened, because opening one costs
// more than sealing a field with it. It is bounded by count.
type cache struct {
	limit int

	mu    sync.Mutex
	order *list.List // of entry, the latest used in front
	byKey map[string]*list.Element
}

type entry struct {
	name  string
	value any
}

func newCache(limit int) *cache {
	return &cache{limit: limit, order: list.New(), byKey: map[string]*list.Element{}}
}

// get returns what is kept under the name, which is the wrapped key itself with
// its owner, or opens it. Two callers may open the same key at once; either
// result serves.
func (c *cache) get(name string, open func() (any, error)) (any, error) {
	if value, ok := c.find(name); ok {
		return value, nil
	}
	value, err := open()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.byKey[name]; !ok {
		c.byKey[name] = c.order.PushFront(entry{name, value})
	}
	for c.order.Len() > c.limit {
		last := c.order.Back()
		delete(c.byKey, c.order.Remove(last).(entry).name)
	}
	return value, nil
}

func (c *cache) find(name string) (any, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.byKey[name]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(element)
	return element.Value.(entry).value, true
}
