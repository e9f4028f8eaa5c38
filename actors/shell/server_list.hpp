#pragma once

#include "truckee/grid/publish/placement.hpp"
#include "truckee/messages/types.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace truckee::actors {

/// A server an operation may use: its id is known.
struct server_entry {
  std::string name;
  server_id id;
  bytes permutation_seed;
  bool preferred = false;
  messages::server_link link;
  bool drain = false; ///< gets no new shares
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
  /// The order in which a file's shares are looked for.
  std::vector<server_id> permuted(const storage_index& slot) const;
  /// The order in which they look for servers that take them: those that drain are not among them.
  std::vector<server_id> candidates(const storage_index& slot) const;

private:
  std::vector<server_entry> entries_;
  std::map<server_id, std::size_t> at_;
};

using server_list_ptr = std::shared_ptr<const server_list>;

} // namespace truckee::actors
