#pragma once

#include <cstddef>

/// How much memory this thread asks for. The test program's operator new counts.
namespace truckee::test {

class allocation_watch {
public:
  allocation_watch();
  ~allocation_watch();
  allocation_watch(const allocation_watch&) = delete;
  allocation_watch& operator=(const allocation_watch&) = delete;

  /// The largest single request since the watch began, in bytes.
  std::size_t largest() const;
};

} // namespace truckee::test
