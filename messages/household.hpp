#pragma once

#include "truckee/messages/caf/shell.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace truckee::messages {

/// The actors that one client or store has running in a system it may share with others. An actor that gets
/// its services has joined by that (see shell), and is gone once it has ended. Safe from several threads.
class household : public std::enable_shared_from_this<household> {
public:
  /// The result is to be called once, from any thread, when `who` has ended and nothing of its state is left.
  std::function<void()> joins(caf::local_actor& who);

  std::size_t size() const;

  /// Ends whoever can be ended by force, now and from now on, and calls `empty` once nobody is there, from any
  /// thread.
  void close(std::function<void()> empty);
  /// Takes actors again.
  void open();

private:
  void leaves(caf::actor_id who);

  mutable std::mutex mutex_;
  std::map<caf::actor_id, caf::actor_addr> there_;
  bool closing_ = false;
  std::function<void()> empty_;
};

} // namespace truckee::messages
