package store_test

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// export downloads the oldest n sessions as a ZIP with CSV and watches the
// memory of this process, server and database driver included, while it does.
// more-heap-MB and more-rss-MB are the most above what there was before.
func (d *doors) export(b *testing.B, n int) {
	to := d.created(n).AddDate(0, 0, -1) // whole days only
	text := fmt.Appendf(nil, `{"zip":true,"filters":{"range":{"start":%q,"end":%q}}}`, d.first.Format(time.DateOnly), to.Format(time.DateOnly))
	days := int(to.Sub(d.first)/(24*time.Hour)) + 1
	rows := float64(days) * float64(24*time.Hour) / float64(d.step)
	debug.FreeOSMemory()
	watch := watchMemory()
	var size int64
	begin := time.Now()
	for range b.N {
		answer := d.post(b, text)
		written, err := io.Copy(io.Discard, answer)
		if err != nil {
			b.Fatal(err)
		}
		_ = answer.Close()
		size += written
	}
	took := time.Since(begin)
	heap, resident := watch()
	b.ReportMetric(rows*float64(b.N)/took.Seconds(), "rows/s")
	b.ReportMetric(float64(size)/float64(b.N)/1e6, "zip-MB")
	b.ReportMetric(heap, "more-heap-MB")
	b.ReportMetric(resident, "more-rss-MB")
}

// watchMemory looks every few milliseconds until the function is called.
func watchMemory() (stop func() (heap, resident float64)) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	heap0, rss0 := m.HeapAlloc, residentBytes()
	heap, rss := heap0, rss0
	end := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			select {
			case <-end:
				return
			case <-time.After(20 * time.Millisecond):
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			heap, rss = max(heap, m.HeapAlloc), max(rss, residentBytes())
		}
	})
	return func() (float64, float64) {
		close(end)
		watching.Wait()
		return float64(heap-heap0) / 1e6, float64(rss-rss0) / 1e6
	}
}

func residentBytes() uint64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, err := strconv.ParseUint(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * uint64(os.Getpagesize()) //nolint:gosec // a page's size
}
