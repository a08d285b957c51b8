// What a thread that waits for a Mutex of Swift's Synchronization does happens inside that library, which the thread
// sanitizer does not see, so that it takes whatever two threads do one after the other under such a lock for a race. Linked
// into each program that is built with that sanitizer, these two stand before the library's own and tell it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

void __tsan_acquire(void *address);
void __tsan_release(void *address);

SWIFT void slow_lock(uint32_t thread, SELF void *mutex) __asm__(LOCK);
SWIFT void slow_unlock(SELF void *mutex) __asm__(UNLOCK);

SWIFT void slow_lock(uint32_t thread, SELF void *mutex) {
    SWIFT void (*library)(uint32_t, SELF void *) = dlsym(RTLD_NEXT, LOCK);
    library(thread, mutex);
    __tsan_acquire(mutex);
}

SWIFT void slow_unlock(SELF void *mutex) {
    SWIFT void (*library)(SELF void *) = dlsym(RTLD_NEXT, UNLOCK);
    __tsan_release(mutex);
    library(mutex);
}
