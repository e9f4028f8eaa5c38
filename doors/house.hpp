#pragma once

#include "truckee/doors/credentials.hpp"
#include "truckee/doors/porter.hpp"
#include "truckee/doors/socket_address.hpp"

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

namespace truckee::doors {

/// All that a porter has; inside of porter.cpp, accepting.cpp and dialling.cpp. Unless said otherwise its functions run
/// in the loop's thread.
class porter::house : public std::enable_shared_from_this<porter::house> {
public:
  house(porter_options options, std::unique_ptr<event_loop> loop)
    : options_(std::move(options)), loop_(std::move(loop)) {}
  ~house();

  // -- from any thread
  result<opened> open(door what, std::function<void(passage)> then);
  void close(std::uint64_t which);
  void dial(call what, std::function<void(result<passage>)> then);
  result<bool> use(const tls::node_files& files);
  std::map<std::string, std::int64_t> certificate_ends() const;
  /// Ends all, and waits for what is still to be sent.
  void stop();

private:
  using credentials_ptr = std::shared_ptr<const credentials>;
  using id = std::uint64_t;
  using clock = std::chrono::steady_clock;

  struct listener {
    descriptor fd;
    event_loop::watch_id watch = 0;
    door what;
    std::string place;
    std::function<void(passage)> then;
    std::optional<event_loop::timer> pause;
    bool said_full = false; ///< that there are no descriptors, since it last worked
  };
  struct guest {
    std::unique_ptr<connection> at;
    std::string source; ///< of an accepted one; a dialled one has none
    bool waits = false; ///< has not said anything
  };
  /// Those of one source that have not said anything yet, each in the order they came.
  struct crowd {
    std::set<id> silent;
    std::set<id> begun; ///< these shake hands

    std::size_t size() const { return silent.size() + begun.size(); }
    id first_to_go() const { return silent.empty() ? *begun.begin() : *silent.begin(); }
  };
  struct attempt {
    call what;
    std::function<void(result<passage>)> then;
    credentials_ptr with;
    clock::time_point end;
    std::vector<socket_address> places;
    std::size_t next = 0;
    descriptor fd; ///< while it connects
    event_loop::watch_id watch = 0;
    event_loop::timer deadline;
    error last{errc::unreachable, "no address"};
  };

  result<credentials_ptr> credentials_for(const tls::node_files& files); // any thread

  // -- accepting.cpp
  void accept_all(id which);
  void go_on_in(id which, std::chrono::milliseconds time);
  void let_in(listener& at, descriptor caller, const socket_address& from);
  static std::optional<trouble> stranger(const listener& at, int caller);
  void admit(listener& at, descriptor caller, const socket_address& from, std::unique_ptr<stream> talk);
  void keep_a_spare();
  void displace_one(const std::string& source);
  void displace_of(const crowd& all);
  void has_begun(id which);
  void no_longer_waits(id which);
  void refuse(const std::string& place, const std::string& source, const trouble& why) const;

  // -- dialling.cpp
  void look_up(id which);
  void resolved(id which, result<std::vector<socket_address>> places);
  void try_next(id which);
  void connected(id which);
  void shake_hands(id which, descriptor fd, clock::time_point until);
  void welcome(id which, int fd, passage made);
  void settle(id which, result<passage> how);
  static error as_error(const call& what, const trouble& why);

  std::unique_ptr<inspector> inspector_of(peer_side who) const {
    return options_.inspect ? options_.inspect(who) : nullptr;
  }
  void gone(id which);

  porter_options options_;
  id last_ = 0;
  std::map<id, listener> listeners_;
  std::map<id, guest> guests_;
  std::map<id, attempt> attempts_;
  std::unordered_map<std::string, crowd> waiting_of_; ///< by source
  std::size_t waiting_ = 0;                           ///< in all of them
  std::unordered_map<std::string, std::size_t> open_of_;
  std::size_t accepted_ = 0;
  descriptor spare_; ///< given up for a moment where there are no more, to take callers and turn them away
  bool stopping_ = false;
  std::atomic<int> lookups_{0};

  mutable std::mutex mutex_;                                                       ///< of what follows
  std::map<std::string, std::pair<tls::node_files, credentials_ptr>> credentials_; ///< by the files asked for
  std::condition_variable empty_;
  bool is_empty_ = true;

  std::unique_ptr<event_loop> loop_; ///< ends before all that its thread uses
};

} // namespace truckee::doors
