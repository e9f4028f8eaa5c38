#pragma once

#include "truckee/actors/links/transport.hpp"
#include "truckee/gbs/client/client.hpp"
#include "truckee/gbs/nurl.hpp"

#include <functional>
#include <memory>

/// What a link sends, as requests of Tahoe-LAFS's HTTP protocol. Knows no actor: everything runs where a line's callbacks do.
namespace truckee::actors {

/// A server reached by its NURL, as whoever asks it sees it.
struct gbs_server {
  std::shared_ptr<gbs::line> line;
  secret_text swissnum;
};

/// How one request is told to have ended. `broken`: the connection failed, so that somebody should look whether the server
/// is there at all.
using gbs_done = std::function<void(delivered, bool broken)>;

/// Sends it, in as many requests as that takes; `done` runs once unless the line is dropped. What moves no byte for
/// `silence_max` ends.
void send_by_gbs(const gbs_server& to, storage_request request, messages::duration silence_max,
                 gbs_done done);

/// The answer to a change that brings new shares for which a server has said not to have the room: Tahoe-LAFS's server whose
/// disk is full says that a test failed, as if somebody else had written. Nothing where it may be sent.
std::optional<delivered> no_room_for(const storage_request& request, std::uint64_t bytes_available);

/// Who the server is, or why that is not known.
struct gbs_introduction {
  std::optional<grid::store_info> info; ///< nothing: the rest says why
  link_failure why = link_failure::unreachable;
  bool timed_out = false;
  std::string text;
};
/// Asks it. `id`: known of it already; otherwise it is the SHA-1 of its certificate, as Tahoe-LAFS makes it.
void introduce_by_gbs(const gbs_server& to, const std::optional<server_id>& id,
                      messages::duration silence_max, std::function<void(gbs_introduction)> done);

} // namespace truckee::actors
