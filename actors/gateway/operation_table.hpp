#pragma once

#include "truckee/actors/gateway/request.hpp"
#include "truckee/actors/gateway/server_roster.hpp"
#include "truckee/crypto/rsa.hpp"

#include <deque>
#include <map>
#include <optional>
#include <set>

namespace truckee::actors {

/// Whoever does an operation can be asked to end it early.
using stoppable = messages::protocol<void(messages::stop)>;

/// One thing the gateway was asked to do. Waits for its key (a new file's) and for its turn on its file, runs,
/// ends.
struct gateway_operation : operation_record {
  gateway_request what;
  reply_promise back;
  std::vector<reply_promise> also = {};   ///< those who asked for the same again, under its operation id
  operation_id named = {};                ///< of a write
  shares::file_access access;             ///< of a new file once its key is there
  std::optional<crypto::private_key> key; ///< of a new file
  bool in_line = false;                   ///< its file is known
  bool running = false;                   ///< its turn has come
  bool publish_waits = false;             ///< counted as one, until it begins or ends
  stoppable runner = {}; ///< does it; takes `stop`. Nothing: not begun, or the gateway itself does
  std::vector<messages::server_report> left_out = {}; ///< servers that were never reached
  bool left_slow = false;                             ///< it runs without servers that had not answered yet
  bool wants_all = false;        ///< it begins with all servers, or waits until they are known to be away
  gateway_servers servers = {};  ///< with which it began
  deadline_ticket deadline = {}; ///< its own, where it has one
};

/// Which operations there are, and whose turn it is. No actor, no I/O.
class operation_table {
public:
  /// How many ended operations are remembered; those that were refused at the door apart from the others, so
  /// that a caller of nonsense does not push them out.
  operation_table(std::size_t recent_max, std::size_t refused_max)
    : recent_max_(recent_max), refused_max_(refused_max) {}

  std::size_t size() const { return operations_.size(); }
  std::size_t waiting() const { return waiting_.size(); }
  /// When the one that waits longest was asked for, unix time in milliseconds; nothing where none waits.
  std::optional<std::uint64_t> oldest_waiting_ms() const;

  /// Takes an operation in; it waits until begins().
  void add(gateway_operation operation);
  /// Puts it in line for its file; true if it may begin at once, false if another one of its file comes first.
  bool line_up(std::uint64_t id);
  void begins(std::uint64_t id);
  /// Nothing when it has ended.
  gateway_operation* find(std::uint64_t id);
  /// One of this caller's own.
  gateway_operation* find(const caller& who, messages::operation_token token);
  /// Those with this token that `who` may end, or may not.
  struct namesakes {
    std::vector<std::uint64_t> allowed;
    std::vector<std::uint64_t> forbidden;
  };
  namesakes all_with(const caller& who, messages::operation_token token) const;
  /// The one of that number, if it is here.
  namesakes numbered(const caller& who, std::uint64_t id) const;

  struct departure {
    gateway_operation operation;
    std::optional<std::uint64_t> next; ///< whose turn it is now on its file, if somebody waits
  };
  /// Takes an operation out.
  std::optional<departure> leave(std::uint64_t id);
  /// Remembers one that has ended, or was refused at the door.
  void remember_ended(operation_record record) { remember(std::move(record), false); }
  void remember_refused(operation_record record) { remember(std::move(record), true); }
  std::vector<std::uint64_t> ids() const;
  /// The operation whose turn it is on the same file.
  std::uint64_t before(std::uint64_t id) const;

  /// Of an operation that is here or remembered; nothing of any other.
  const operation_record* record(std::uint64_t id) const;
  /// Whether an operation that runs began with that link.
  bool uses(const messages::server_link& link) const;
  /// For status, as `viewer` may see it: running, waiting, and ended ones newest first.
  void report(messages::status_reply& out, const caller& viewer,
              operation_record::clock::time_point now) const;

private:
  struct ended {
    operation_record record;
    bool refused = false;
  };
  void remember(operation_record record, bool refused);

  std::size_t recent_max_;
  std::size_t refused_max_;
  std::map<std::uint64_t, gateway_operation> operations_;
  std::set<std::uint64_t> waiting_; ///< not running yet; the first was asked for first
  std::map<storage_index, std::deque<std::uint64_t>> turns_; ///< front: the one that runs
  std::deque<ended> recent_;                                 ///< newest first
};

} // namespace truckee::actors
