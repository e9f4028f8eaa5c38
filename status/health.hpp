#pragma once

#include "truckee/base/address.hpp"
#include "truckee/base/result.hpp"
#include "truckee/doors/porter.hpp"
#include "truckee/messages/types.hpp"
#include "truckee/tls/node_files.hpp"

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>

namespace truckee::status {

/// Whether a node is alive: its own port answers as CAF does, and its actors answer. CAF's broker can die of
/// one bad_alloc and leave a process that looks well and has no network; only a connection from outside shows
/// it, which is made with the node's own certificate: its door lets itself in. Safe from several threads; looks at most
/// once a second, however often it is asked.
class health_check {
public:
  using asked = std::function<result<void>()>;

  /// `by` dials `listening`, the node's own published port. `answers`: asks an actor, within a deadline of its own.
  health_check(std::shared_ptr<doors::porter> by, address listening, std::optional<tls::node_files> tls,
               asked answers);

  /// Nothing, or what is wrong.
  result<void> look();

  static constexpr std::chrono::milliseconds probe_deadline{3'000};
  static constexpr std::chrono::milliseconds kept{1'000};

private:
  std::shared_ptr<doors::porter> by_;
  address at_;
  std::optional<tls::node_files> tls_;
  asked answers_;
  std::mutex mutex_;
  std::optional<std::chrono::steady_clock::time_point> last_;
  result<void> found_;
};

/// Whether an actor answers a message within the deadline.
template <class Reply, class Handle, class Message>
result<void> answers(caf::actor_system& system, const Handle& actor, Message message,
                     std::chrono::milliseconds deadline) {
  caf::scoped_actor self(system);
  result<void> out;
  messages::request_blocking(
      self, actor, deadline, std::move(message), [](const Reply&) {},
      [&](const caf::error& e) {
        out = fail(errc::timeout, "the node's own actor does not answer: " + messages::describe(e, system));
      });
  return out;
}

} // namespace truckee::status
