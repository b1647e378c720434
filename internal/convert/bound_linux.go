package convert

import (
	"os"
	"syscall"
)

// Limits of the process by the system, should a bound of ours not hold. Memory
// counts what is writable, so the reserved address space of the runtime does not.
const (
	dataLimit   = 1 << 30 // bytes
	secondLimit = 20      // of processor time for the file, beside what compiling took
	rlimitData  = 2       // RLIMIT_DATA, which package syscall has as well, but not on all platforms
)

// boundMemory bounds memory and forbids a picture of it on disk.
func boundMemory() error {
	if err := syscall.Setrlimit(rlimitData, &syscall.Rlimit{Cur: dataLimit, Max: dataLimit}); err != nil {
		return os.NewSyscallError("setrlimit", err)
	}
	return os.NewSyscallError("setrlimit", syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}))
}

// boundTime bounds the processor time from now on, and forbids to write files.
func boundTime() error {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return os.NewSyscallError("getrusage", err)
	}
	most := uint64(used.Utime.Sec+used.Stime.Sec) + secondLimit //nolint:gosec // seconds of a young process
	if err := syscall.Setrlimit(syscall.RLIMIT_CPU, &syscall.Rlimit{Cur: most, Max: most + 1}); err != nil {
		return os.NewSyscallError("setrlimit", err)
	}
	return os.NewSyscallError("setrlimit", syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{}))
}

// ours tells whether we own a file.
func ours(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}
