#pragma once

#include "base/buffer_pool.hpp"
#include "base/random.hpp"
#include "base/worker_pool.hpp"
#include "codec/erasure_code.hpp"
#include "crypto/keys.hpp"
#include "grid/limits.hpp"
#include "grid/placement.hpp"
#include "logs/event_log.hpp"
#include "messages/types.hpp"
#include "metrics/metrics.hpp"

#include <memory>
#include <string>
#include <vector>

namespace truckee::actors {

/// What operations take from outside. Owned by the node; outlives every actor.
struct world {
  worker_pool& compute;  ///< encoding, hashing, signing
  random_source& random; ///< salts, keys, jitter
  codec::erasure_codes& codes;
  std::shared_ptr<metrics::recorder> metrics;
  crypto::lease_secret lease;
  grid::grid_limits limits;
  buffer_pool* buffers = nullptr;    ///< where shares are made; nothing: fresh memory each time
  messages::byte_budget budget = {}; ///< empty: no bound on shares in memory
  logs::log_ptr log = {};            ///< empty: nobody listens
};

/// A server an operation may use: its id is known.
struct server_entry {
  std::string name;
  server_id id;
  bytes permutation_seed;
  bool preferred = false;
  messages::server_link link;
};

/// The servers of one operation, as they were known when it began.
class server_list {
public:
  server_list() = default;
  explicit server_list(std::vector<server_entry> entries);

  const std::vector<server_entry>& entries() const { return entries_; }
  /// Nothing for an id that is not in the list.
  const server_entry* find(const server_id& id) const;
  /// The configured name, or the id's first letters.
  std::string name_of(const server_id& id) const;
  /// The order in which a file's shares look for servers.
  std::vector<server_id> permuted(const storage_index& slot) const;

private:
  std::vector<server_entry> entries_;
  std::map<server_id, std::size_t> at_;
};

using server_list_ptr = std::shared_ptr<const server_list>;

} // namespace truckee::actors
