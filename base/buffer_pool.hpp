#pragma once

#include "truckee/base/shared_bytes.hpp"

namespace truckee {

/// Hands out buffers and takes their memory back when the last shared_bytes on it is gone: fresh memory from
/// the kernel costs more than filling it. Keeps at most `kept_bytes_max` idle; what is in use is not bounded
/// here. Memory comes back with its old bytes in it, so nothing secret belongs into these buffers. Safe from
/// several threads; buffers may outlive the pool.
class buffer_pool {
public:
  explicit buffer_pool(std::size_t kept_bytes_max);

  /// As the constructor of `buffer`; not initialised.
  buffer take(std::size_t size, std::size_t align_at = 0);

  /// Bytes that lie idle now.
  std::size_t kept_bytes() const;

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace truckee
