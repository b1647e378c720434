package vision

// The library's memory comes from the C allocator, which keeps freed pages for later unless it is asked.

/*
#include <malloc.h>
static void trim(void) {
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}
*/
import "C"

// giveBackFreed gives freed C memory back to the system.
func giveBackFreed() { C.trim() }
