/// Read by ThreadSanitizer. Debian's cpp-httplib is not instrumented: when its function-local tables are first used is
/// guarded inside it, by an atomic load that the sanitizer does not see.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "race:libcpp-httplib.so\n";
}
