#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace truckee::http {

/// The bytes of one answer on their way from a handler's thread to the thread that sends them, so that a
/// caller who reads slowly holds up no handler. An answer lies here whole; only one longer than bytes_max, or
/// a stream that nobody takes, makes its handler wait: who has a long one writes a piece when the last was taken.
class outgoing {
public:
  static constexpr std::size_t bytes_max = std::size_t{8} << 20;

  /// `wake` tells the sender that there is something new.
  explicit outgoing(std::function<void()> wake) : wake_(std::move(wake)) {}

  // -- the handler's side

  /// Waits while bytes_max lie here. False: the caller has gone.
  bool write(std::string_view bytes);
  bool open() const;
  /// Calls `then` once, when nothing that was written lies here any more, or nobody will take it: at once, or in the sender's
  /// thread, where it must not wait. One at a time.
  void when_taken(std::function<void()> then);
  /// Nothing more will come.
  void end();
  /// Nothing more will come, though more was promised: the connection ends behind what was written.
  void break_off();

  // -- the sender's side; neither waits

  struct taken {
    std::string bytes;
    bool ended = false;  ///< these were the last
    bool broken = false; ///< with ended: by break_off()
  };
  taken take();
  /// Nobody takes what is or will be written.
  void close();

private:
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::string bytes_;
  std::function<void()> taken_; ///< of when_taken
  bool ended_ = false;
  bool broken_ = false;
  bool closed_ = false;
};

} // namespace truckee::http
