#pragma once

/// What a table promises of itself, looked at where it changes. On where NDEBUG is not defined and under the address and
/// thread sanitizers; elsewhere the condition is not even evaluated. Only for defects of ours: what a person, a file or a
/// peer can cause is an error (base/result.hpp), never an assertion. For .cpp files: a header's would depend on who
/// includes it.
#if !defined(NDEBUG) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TRUCKEE_ASSERTIONS 1
#else
#define TRUCKEE_ASSERTIONS 0
#endif

namespace truckee {

inline constexpr bool assertions_are_on = TRUCKEE_ASSERTIONS != 0;

/// Says on standard error what did not hold and where, and ends the process.
[[noreturn]] void assertion_failed(const char* condition, const char* promise, const char* file, int line);

} // namespace truckee

/// TRUCKEE_ASSERT(placed <= goal, "no more is placed than was aimed at");
#if TRUCKEE_ASSERTIONS
#define TRUCKEE_ASSERT(condition, promise)                                                                   \
  ((condition) ? void(0) : ::truckee::assertion_failed(#condition, promise, __FILE__, __LINE__))
#else
#define TRUCKEE_ASSERT(condition, promise) ((void)sizeof((condition) ? 1 : 0))
#endif
