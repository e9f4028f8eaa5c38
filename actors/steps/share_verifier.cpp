#include "truckee/actors/steps/share_verifier.hpp"

#include "truckee/actors/shell/link_reads.hpp"
#include "truckee/actors/shell/offload.hpp"
#include "truckee/shares/part_update.hpp"
#include "truckee/shares/share_format.hpp"

#include <fmt/format.h>

namespace truckee::actors {

namespace {

using namespace messages;

/// Shares, or parts of long ones, in memory at a time.
constexpr std::size_t shares_in_flight_max = 4;
/// A longer share of a format with segments is verified part by part, each of about as many bytes.
constexpr std::uint64_t part_bytes = std::uint64_t{8} << 20;
constexpr std::uint64_t whole_bytes_max = 4 * part_bytes;

/// Reads the mapped shares whole, or part by part, a few at a time, and judges each.
class share_verifier_state {
public:
  using handle = extended<share_verifier, void(continuation)>;
  static constexpr const char* name = "truckee.share_verifier";

  share_verifier_state(shell<share_verifier_state>* self, verify_task task)
    : self_(self), task_(std::move(task)), context_(task_.context), services_(context_.services),
      todo_(task_.mapped->map.shares().begin(), task_.mapped->map.shares().end()) {
    for (const auto& [place, version] : todo_)
      bytes_total_ += length_at(place).value_or(0);
  }

  behavior<handle> make_behavior() {
    return {
        [this](const verify_shares&) {
          const auto promise = self_->template make_response_promise<verify_answer>();
          promise_ = promise;
          pump();
          return caf::result<verify_answer>(promise); // it may be answered already
        },
        [this](const stop&) {
          answer_.stopped = true;
          next_ = todo_.size();
          finish();
        },
        [](const continuation& rest) { rest.run(); },
    };
  }

private:
  /// Nothing where the map did not bring its beginning.
  std::optional<std::uint64_t> length_at(const grid::share_place& place) const {
    const auto head = task_.mapped->heads.find(place);
    return head == task_.mapped->heads.end() ? std::nullopt : shares::share_length(head->second);
  }

  void pump() {
    while (next_ < todo_.size() && in_flight_ < shares_in_flight_max)
      fetch(todo_[next_++]);
    tell();
    if (next_ == todo_.size() && in_flight_ == 0 && advice_out_ == 0)
      finish();
  }

  void fetch(const std::pair<grid::share_place, grid::file_version>& item) {
    const auto& [place, version] = item;
    const auto* entry = context_.servers->find(place.server);
    const auto length = length_at(place);
    if (entry == nullptr || !length) {
      answer_.unread.emplace_back(place, "its server or its beginning is not at hand");
      return;
    }
    const auto deadline = duration(services_->limits.server_deadline(*length));
    ++in_flight_;
    if (*length > whole_bytes_max && version.format() == grid::share_format::mdmf)
      return fetch_part(item, 0);
    read_from(self_, entry->link, grid::slot_read{context_.access.slot, {place.share}, {{0, *length}}},
              deadline, [this, item](const read_answer& x) { on_answer(item.first, item.second, x); });
  }

  /// Its whole block hash tree first, then its blocks.
  void fetch_part(const std::pair<grid::share_place, grid::file_version>& item, std::uint64_t number) {
    const auto& [place, version] = item;
    const auto* entry = context_.servers->find(place.server);
    const auto content = part_bytes * version.k;
    const auto range =
        number == 0 ? shares::no_content : shares::content_range{(number - 1) * content, content};
    if (number > 0 && range.offset >= version.data_length)
      return judge_key(place);
    const auto& head = task_.mapped->heads.at(place);
    auto reads = shares::reads_for_body(head, range);
    if (!reads)
      return unread(place, "its beginning is not at hand");
    std::uint64_t bytes = 0;
    for (const auto& each : *reads)
      bytes += each.length;
    read_from(
        self_, entry->link, grid::slot_read{context_.access.slot, {place.share}, std::move(*reads)},
        duration(services_->limits.server_deadline(bytes)),
        [this, item, number, range, head](const read_answer& x) { on_part(item, number, range, head, x); });
  }

  void on_part(const std::pair<grid::share_place, grid::file_version>& item, std::uint64_t number,
               const shares::content_range& range, const shared_bytes& head, const read_answer& x) {
    const auto& place = item.first;
    if (answer_.stopped)
      return;
    if (!went_well(x))
      return unread(place, reason_of(x));
    const auto at = x.answer.reads.find(place.share);
    if (at == x.answer.reads.end())
      return not_given(place, x);
    for (const auto& each : at->second)
      answer_.bytes_read += each.size();
    tell();
    offload(
        self_, *services_->compute,
        [item, head, range, reads = at->second] {
          return shares::judge_body(item.second, item.first.share, head, reads, range);
        },
        [this, item, number](shares::judged_body&& found) {
          if (found.verdict == grid::share_verdict::good)
            return fetch_part(item, number + 1);
          advise(item.first, found.reason);
          judged(item.first, std::move(found.reason));
        });
  }

  /// Of a share whose every block is good.
  void judge_key(const grid::share_place& place) {
    const auto& head = task_.mapped->heads.at(place);
    const auto key = shares::private_key_range(head);
    if (!context_.access.write ||
        (key && shares::open_private_key(context_.access, head.slice(key->offset, key->length).view())))
      return judged(place, std::nullopt);
    const std::string fault = "its private key is not the file's";
    advise(place, fault);
    judged(place, fault, true);
  }

  void advise(const grid::share_place& place, const std::string& fault) {
    if (advise_server(self_, context_, place, fault, [this] {
          --advice_out_;
          pump();
        }))
      ++advice_out_;
  }

  void not_given(const grid::share_place& place, const read_answer& x) {
    const auto damaged = x.answer.damaged.find(place.share);
    if (damaged == x.answer.damaged.end())
      unread(place, "the server does not give it");
    else
      judged(place, damaged->second);
  }

  void unread(const grid::share_place& place, std::string why) {
    --in_flight_;
    answer_.unread.emplace_back(place, std::move(why));
    pump();
  }

  void on_answer(const grid::share_place& place, const grid::file_version& version, const read_answer& x) {
    if (!went_well(x)) {
      unread(place, reason_of(x));
      return;
    }
    const auto at = x.answer.reads.find(place.share);
    if (at == x.answer.reads.end() || at->second.size() != 1)
      return not_given(place, x);
    answer_.bytes_read += at->second.front().size();
    offload(
        self_, *services_->compute,
        [access = context_.access, version, share = place.share, whole = at->second.front()] {
          return judge(access, version, share, whole);
        },
        [this, place](judgement&& found) {
          if (found.fault)
            advise(place, *found.fault);
          judged(place, std::move(found.fault), found.readable);
        });
  }

  struct judgement {
    std::optional<std::string> fault;
    bool readable = true; ///< only its private key has the fault
  };

  static judgement judge(const shares::file_access& access, const grid::file_version& version,
                         share_number share, const shared_bytes& whole) {
    judgement out{shares::find_fault(access, version, share, whole)};
    if (!out.fault)
      return out;
    auto reader = access;
    reader.write.reset();
    out.readable = access.write && !shares::find_fault(reader, version, share, whole);
    return out;
  }

  void judged(const grid::share_place& place, std::optional<std::string> fault, bool readable = false) {
    --in_flight_;
    if (fault) {
      tell_corrupt_share(context_, place, *fault);
      (readable ? answer_.unwritable : answer_.bad).emplace_back(place, std::move(*fault));
    }
    pump();
  }

  void tell() {
    if (!context_.listener || todo_.empty())
      return;
    const auto done = next_ - in_flight_;
    operation_progress out;
    out.operation = context_.operation;
    out.text = fmt::format("Verifying shares: {} of {}", done, todo_.size());
    out.progress = context_.span.at(done, todo_.size());
    out.bytes_total = bytes_total_;
    out.bytes_done = std::min(bytes_total_, answer_.bytes_read);
    out.goal = static_cast<std::uint32_t>(todo_.size());
    out.placed = static_cast<std::uint32_t>(done);
    send(self_, context_.listener, std::move(out));
  }

  void finish() {
    if (!promise_)
      return;
    promise_->deliver(std::move(answer_));
    promise_.reset();
    self_->quit();
  }

  shell<share_verifier_state>* self_;
  verify_task task_;
  const operation_context& context_;
  services_ptr services_;
  std::vector<std::pair<grid::share_place, grid::file_version>> todo_;
  std::size_t next_ = 0;
  std::size_t in_flight_ = 0;
  std::size_t advice_out_ = 0; ///< servers that were told of a damaged share and did not answer yet
  std::uint64_t bytes_total_ = 0;
  verify_answer answer_;
  std::optional<caf::typed_response_promise<verify_answer>> promise_;
};

} // namespace

messages::share_verifier spawn_share_verifier(caf::actor_system& system, verify_task task) {
  return messages::spawn<share_verifier_state>(system, std::move(task));
}

} // namespace truckee::actors
