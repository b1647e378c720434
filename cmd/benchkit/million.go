package main

import "time"

// sessionSuites measure lists of a million sessions, their export, and the
// status of one beside PocketBase.
func sessionSuites() []suite {
	return []suite{
		{
			title: "A million sessions",
			about: "Lists of 1,000,000 sessions, each sealed with keys of its own, on SQLite and on PostgreSQL: the page's statement alone (statement), in a reading transaction with the count where the call counts (bare), the store's call (store), the whole request of an integrator (http). `times-bare` is the median of store beside that of bare. The exports are of a hundredth, a tenth and, from SQLite, all of them; `more-heap-MB` and `more-rss-MB` are the most that the memory of the process grew.",
			pkg:   "./internal/store", bench: "^BenchmarkMillion$", time: "1x", count: 1, timeout: 45 * time.Minute, env: []string{"OPENKYC_BENCH_SESSIONS=1000000"},
			goals: millionGoals(),
		},
		{
			title: "A room of a million persons",
			about: "One list of 1,000,000 persons, each with one face sealed under a key of its own, on SQLite and on PostgreSQL. `load` and `restart`: from the start of a node until its index answers. `search`: a call by one vector, with its line in the history; the scan uses all processors. `follow`: the first search of another node after somebody was added. `recall` beside a scan of all vectors in full precision at the working threshold of 90 %, half of the questions being faces near it. `lock`: how long a session that ends as a new client keeps others from writing, with the scan inside of its unit of work and, as it is, before it. Templates are drawn so that strangers lie about 0.8 apart.",
			pkg:   "./internal/persons", bench: "^BenchmarkRoom$", time: "1x", count: 1, timeout: 60 * time.Minute, env: []string{"OPENKYC_BENCH_TEMPLATES=1000000"},
			goals: roomGoals(),
		},
		{
			title: "The status of a session",
			about: "2,000 finished sessions with document, selfie and comparison, asked for at random over 16 connections, and PocketBase with as many records that hold the same objects, in turns. Both are programs on loopback with SQLite and check a token and the owner.",
			pkg:   "./internal/app", bench: "^BenchmarkStatus$", time: "1x", count: 1, timeout: 10 * time.Minute,
			goals: []goal{{name: "Status", unit: "times-pocketbase", limit: 2, words: "status answers twice as often as PocketBase's record view"}},
		},
	}
}

func roomGoals() (goals []goal) {
	for _, db := range []struct{ name, title string }{{"sqlite", "SQLite"}, {"postgres", "PostgreSQL"}} {
		base := "Room/" + db.name
		goals = append(goals,
			goal{name: base, unit: "search-p50-ms", atMost: true, limit: 100, words: db.title + ": a face found among a million in 100 ms"},
			goal{name: base, unit: "search-p95-ms", atMost: true, limit: 100, words: db.title + ": 95 of 100 searches in 100 ms"},
			goal{name: base, unit: "recall-%", limit: 100, words: db.title + ": every hit of the full scan is found"},
			goal{name: base, unit: "hits-too-many", atMost: true, limit: 0, words: db.title + ": and none besides"})
	}
	return goals
}

func millionGoals() (goals []goal) {
	for _, db := range []struct{ name, title string }{{"sqlite", "SQLite"}, {"postgres", "PostgreSQL"}} {
		base := "Million/" + db.name + "/"
		for _, list := range []string{"page-1", "page-10000", "range", "status", "status-rare", "statuses", "scenario", "scenario-status", "client-key", "client-user", "client-id", "session-id",
			"errors", "errors-two", "ocr-name", "ocr-number", "ocr-beginning", "ocr-beginning-number", "ocr-status-range", "ocr-errors", "ascending", "cursor-2", "cursor-last"} {
			goals = append(goals, goal{name: base + list, unit: "times-bare", atMost: true, limit: 1.2, words: db.title + ", " + list + ": at most 1.2 times its bare statements"})
		}
		goals = append(goals, goal{name: base + "cursor-last", unit: "store-p50-µs", beside: base + "page-1", atMost: true, limit: 1.5, words: db.title + ": the last page by cursor within 1.5 times page 1"})
	}
	return append(goals,
		goal{name: "Million/sqlite/export-all", unit: "more-heap-MB", beside: "Million/sqlite/export-hundredth", atMost: true, limit: 2, words: "an export of a million takes at most twice the memory of ten thousand"},
		goal{name: "Million/sqlite/export-all", unit: "rows/s", beside: "Million/sqlite/export-tenth", limit: 0.8, words: "an export of a million is as fast by the row as one of a hundred thousand (0.8)"})
}
