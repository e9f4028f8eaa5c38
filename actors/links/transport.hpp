#pragma once

#include "truckee/grid/slot.hpp"
#include "truckee/messages/types.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace truckee::actors {

/// Whatever a link sends to its server. Changes are shared: one message is as large as the shares it carries.
using storage_request =
    std::variant<std::shared_ptr<const grid::read_test_write>, grid::slot_read, messages::add_lease,
                 messages::read_leases, messages::share_advice, std::shared_ptr<const grid::stage_piece>>;
/// What the server says to it; the alternative of the request's place.
using storage_answer =
    std::variant<grid::read_test_write_answer, grid::slot_read_answer, messages::lease_answer,
                 messages::stored_leases, messages::advice_answer, grid::stage_answer>;

/// How large a request is on its way, in bytes of shares; what only asks counts nothing.
std::uint64_t bytes_of(const storage_request& request);

/// The most bytes that a request has as a message to another node. A little more than the truth:
/// every length and offset is counted as the longest.
std::uint64_t bytes_as_message(const storage_request& request);

/// What became of one request.
struct delivered {
  messages::delivery how = messages::delivery::answered;
  bool timed_out =
      false; ///< its time was up: while it waited (`unreachable`) or after it was sent (`unknown`)
  storage_answer answer; ///< with `answered`
  std::string text;      ///< otherwise why not, for people

  /// It never left this process: nothing changed on the server.
  static delivered unsent(std::string why, bool timed_out = false);
  /// It left, and no answer came: it may have been done, or may be done later.
  static delivered unknown(std::string why, bool timed_out = false);
};

/// The answer to a request that is longer than a message to another node may be: it is not sent, for the door there would end
/// the connection, and with it all that is under way. As a store says of what it does not take: nothing changed there.
/// Nothing where it may be sent.
std::optional<delivered> too_long_to_send(const storage_request& request, std::uint64_t bytes_max);

/// Why there is no connection now.
enum class link_failure : std::uint8_t {
  unreachable, ///< there is none, or it broke
  refused,     ///< somebody answers, but not one that may be trusted with a request
  silent,      ///< it stands, and nobody answered on it in time
};

/// One way to one storage server; a link has one and calls it from its own actor, where all callbacks run too.
/// After its end, and after close(), no callback runs. A new kind of server is a new transport; a link, its states
/// and its window never know which they have.
class transport {
public:
  /// Who the server is, and how many seconds it took to say so.
  using on_ready = std::function<void(const grid::store_info&, double seconds)>;
  using on_failed = std::function<void(link_failure, std::string text)>;
  using on_done = std::function<void(delivered)>;

  virtual ~transport() = default;

  /// Makes the connection, or shows that the one there is still lives, and asks the server who it is: either
  /// callback runs, in bounded time. `failed` runs also later, when a connection that was ready (or `silent`) breaks:
  /// what was sent over it and is not answered then has an unknown fate. Called again, it forgets the callbacks it
  /// was given before.
  virtual void connect(on_ready ready, on_failed failed) = 0;

  /// Sends one request; `done` runs exactly once unless the connection fails or is closed before. Without a
  /// connection it is `unreachable` at once. `deadline` is for the server to show that it works on it: over a
  /// transport whose answers come in pieces it begins again with each piece, over CAF's, where a message comes
  /// whole, it is for the answer.
  virtual void send(storage_request request, messages::duration deadline, on_done done) = 0;

  /// Gives the connection up.
  virtual void close() = 0;

  /// Where the server is and how it is reached, for people: "embedded", "caf+tls 192.0.2.1:7000".
  virtual std::string endpoint() const = 0;
};

} // namespace truckee::actors
