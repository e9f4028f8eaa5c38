#pragma once

/// What a link to one configured server is told by the actors of its own process. Nothing here is ever written to
/// a network.

#include "truckee/messages/gateway.hpp"
#include "truckee/messages/storage.hpp"

#include <memory>
#include <string>

namespace truckee::messages {

/// How far a request to a server got.
enum class delivery : std::uint8_t {
  answered,    ///< the server answered
  unreachable, ///< it was never sent: nothing changed on the server
  unknown,     ///< it was sent and no answer came: a write may have landed, or may land later
};

/// Sends one change of one slot; its deadline begins now, also while it waits for the connection or for room.
struct write_slot {
  std::shared_ptr<const grid::read_test_write> request;
  duration deadline{};
};
/// Answers write_slot, exactly once.
struct write_answer {
  delivery how = delivery::answered;
  bool timed_out = false;              ///< with `unknown`: the deadline passed, the connection still stands
  grid::read_test_write_answer answer; ///< with `answered`
  std::string detail;                  ///< for people, otherwise
  double seconds = 0;                  ///< since it was asked for
};

/// Reads shares of one slot.
struct read_slot {
  grid::slot_read request;
  duration deadline{};
};
/// Answers read_slot, exactly once; members as write_answer's.
struct read_answer {
  delivery how = delivery::answered;
  bool timed_out = false;
  grid::slot_read_answer answer;
  std::string detail;
  double seconds = 0;
};

/// Adds or renews a lease on every share of one slot.
struct lease_slot {
  add_lease request;
  duration deadline{};
};
/// Answers lease_slot, exactly once.
struct lease_slot_answer {
  delivery how = delivery::answered;
  lease_answer answer; ///< with `answered`
  std::string detail;  ///< for people, otherwise
};

/// Reads the leases on one slot.
struct read_leases_at {
  read_leases request;
  duration deadline{};
};
/// Answers read_leases_at, exactly once.
struct read_leases_answer {
  delivery how = delivery::answered;
  stored_leases answer; ///< with `answered`
  std::string detail;   ///< for people, otherwise
};

/// Tells the server that a share of it does not verify.
struct advise_share {
  share_advice request;
  duration deadline{};
  std::shared_ptr<const void> on_its_way = {}; ///< held until it is answered, for who waits for that
};
/// Answers advise_share, exactly once.
struct advise_share_answer {
  delivery how = delivery::answered;
  advice_answer answer; ///< with `answered`
  std::string detail;   ///< for people, otherwise
};

/// Brings a piece of a share to be.
struct stage_at {
  std::shared_ptr<const grid::stage_piece> request;
  duration deadline{};
};
/// Answers stage_at, exactly once; members as write_answer's.
struct stage_at_answer {
  delivery how = delivery::answered;
  bool timed_out = false;
  grid::stage_answer answer;
  std::string detail;
  double seconds = 0;
};

/// Asks who the server is. The answer comes once the link is ready, or has failed for now.
struct introduce {};
/// What is known of the server.
struct introduction {
  bool known = false;     ///< false: never reached yet, `detail` says why
  bool reachable = false; ///< the link is ready
  grid::store_info info;  ///< when known
  std::string detail;     ///< why it is not reachable, for people
};

/// Asks for the link's own report, as status shows it.
struct link_status {};

/// One configured server, whatever the transport. Keeps the connection and bounds the bytes in flight.
using server_link =
    protocol<write_answer(write_slot), read_answer(read_slot), lease_slot_answer(lease_slot),
             introduction(introduce), link_report(link_status), read_leases_answer(read_leases_at),
             advise_share_answer(advise_share), stage_at_answer(stage_at)>;

} // namespace truckee::messages
