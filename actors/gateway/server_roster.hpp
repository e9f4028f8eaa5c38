#pragma once

#include "truckee/actors/shell/gather.hpp"
#include "truckee/actors/shell/services.hpp"

namespace truckee::actors {

/// A configured server as the gateway gets it.
struct gateway_server {
  std::string name = {};
  messages::server_link link = {};
  bool preferred = false;
  std::optional<bytes> permutation_seed = {}; ///< nothing: what the server reports
  bool drain = false;                         ///< gets no new shares
  messages::storage_server store = {};        ///< where it is in this process
  std::optional<server_id> pinned = {};       ///< the only id it may have; nobody else may
  bool absent = false;                        ///< its store could not be opened; the next change tries again
};
/// Those that a gateway has at one time, in the grid file's order; an operation keeps those that it began with.
using gateway_servers = std::shared_ptr<const std::vector<gateway_server>>;

/// The servers one operation can use, and those it has to do without.
struct server_roster {
  server_list_ptr servers;
  std::vector<messages::server_report> left_out;
};

/// Those whose id is known, from their introductions in the same order. A second server with an id another
/// one has is left out: a write enabler and a share must not go to one server under two names. So is one with an id
/// that is pinned for another: it would get the other's write enablers.
server_roster make_roster(const std::vector<gateway_server>& configured,
                          const gathered<messages::introduction>& introductions);

/// "alpha: connection refused; beta: no answer"
std::string in_words(const std::vector<messages::server_report>& left_out);

/// Who lacks servers or shares is told whom it could not ask.
void explain(error& failure, const std::vector<messages::server_report>& left_out);

} // namespace truckee::actors
