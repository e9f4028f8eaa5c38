#pragma once

#include "truckee/actors/gateway/server_roster.hpp"
#include "truckee/messages/operations.hpp"

namespace truckee::actors {

/// Who of an operation's servers has said who it is: enough of them are enough, for those that are away the others do not
/// wait. No actor, no clock.
class roll_call {
public:
  /// `enough`: so many that can be reached; 0: everybody must have answered.
  roll_call(std::size_t servers, std::size_t enough)
    : answers_(servers), missing_(servers), enough_(enough) {}

  void arrived(std::size_t server, result<messages::introduction> answer);
  bool all() const { return missing_ == 0; }
  bool enough() const { return all() || (enough_ > 0 && reachable_ >= enough_); }

  /// The answers, in the servers' order; those that are missing are unknown for the reason of `why`.
  gathered<messages::introduction> take(const std::string& why);

private:
  std::vector<std::optional<result<messages::introduction>>> answers_;
  std::size_t missing_;
  std::size_t reachable_ = 0;
  std::size_t enough_;
};

/// How many of the servers an operation needs before it may begin without the rest: as many as shares to read; for a new
/// file as many as it is to be placed on; for a change all but k - 1, since k may have a version of another writer that can
/// be read. 0, which means everybody, for what is about all of them.
std::size_t servers_to_begin(operation_kind kind, bool new_file, const grid::spread& spread,
                             std::size_t servers);

/// Whether an operation that began without some servers may have failed for that: then it is done once more, with all of
/// them. A write only where nothing of it was sent.
bool may_lack_servers(const error& failure, std::optional<effect> of_write);

} // namespace truckee::actors
