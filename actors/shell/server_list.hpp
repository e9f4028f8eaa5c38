#pragma once

#include "truckee/base/result.hpp"
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
  /// Its place among those of a file that is kept strictly: the grid file's seed or its id, whatever it says itself.
  std::optional<bytes> named_seed = {};
};

/// A server of the grid file that cannot be asked now.
struct absent_server {
  std::string name;
  std::optional<server_id> id; ///< nothing: the grid file does not say
  std::optional<bytes> named_seed = {};
  bool preferred = false;
};

/// The servers of one operation, as they were known when it began.
class server_list {
public:
  server_list() = default;
  explicit server_list(std::vector<server_entry> entries, std::vector<absent_server> absent = {});

  const std::vector<server_entry>& entries() const { return entries_; }
  /// Nothing for an id that is not in the list.
  const server_entry* find(const server_id& id) const;
  /// The configured name, or the id's first letters.
  std::string name_of(const server_id& id) const;
  /// The order in which a file's shares are looked for.
  std::vector<server_id> permuted(const storage_index& slot) const;
  /// The order in which they look for servers that take them: those that drain are not among them.
  std::vector<server_id> candidates(const storage_index& slot) const;
  /// Those of all that take shares, in the order given.
  std::vector<server_id> that_take_shares(std::vector<server_id> all) const;
  /// Every server of the grid file in the file's order, those that drain or are absent too: whom a file that is kept
  /// strictly is spread over must not depend on who answers. errc::configuration where the id of one is not known.
  result<std::vector<server_id>> all_permuted(const storage_index& slot) const;

private:
  std::vector<server_entry> entries_;
  std::vector<absent_server> absent_;
  std::map<server_id, std::size_t> at_;
};

using server_list_ptr = std::shared_ptr<const server_list>;

} // namespace truckee::actors
