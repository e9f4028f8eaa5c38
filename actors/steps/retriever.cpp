#include "truckee/actors/steps/retriever.hpp"

#include "truckee/actors/shell/link_reads.hpp"
#include "truckee/actors/shell/offload.hpp"
#include "truckee/base/content_limit.hpp"
#include "truckee/shares/share_format.hpp"

namespace truckee::actors {

namespace {

using namespace messages;
using clock = std::chrono::steady_clock;

/// Fetches the shares that grid::retrieve_plan says, asks the mapper for more where they do not do, and decodes.
class retriever_state {
public:
  using handle = extended<retriever, void(continuation)>;
  static constexpr const char* name = "truckee.retriever";

  retriever_state(shell<retriever_state>* self, retrieve_task task)
    : self_(self), task_(std::move(task)), context_(task_.context), services_(context_.services),
      heads_(task_.mapped->heads), plan_(task_.mapped->map, task_.version, {}, services_->limits) {}

  behavior<handle> make_behavior() {
    return {
        [this](const read_version&) {
          const auto promise = self_->template make_response_promise<content_answer>();
          promise_ = promise;
          if (is_mdmf() && wanted_bytes() > longest_content)
            fail_with(too_long());
          else
            pump();
          return caf::result<content_answer>(promise); // it may be answered already
        },
        [this](const stop& x) {
          fail_with({x.reason, "the read was stopped"});
        },
        [](const continuation& rest) { rest.run(); },
    };
  }

private:
  void pump() {
    if (ended_)
      return;
    for (const auto& place : plan_.next())
      fetch(place);
    tell();
    switch (plan_.state()) {
    case grid::retrieve_state::fetching:
      return;
    case grid::retrieve_state::enough:
      decode();
      return;
    case grid::retrieve_state::needs_more:
      ask_for_more();
      return;
    case grid::retrieve_state::not_possible:
      not_enough();
      return;
    }
  }

  void fetch(const grid::share_place& place) {
    const auto head = heads_.find(place);
    const auto* entry = context_.servers->find(place.server);
    if (head == heads_.end() || entry == nullptr) {
      later([this, place] { plan_.on_failure(place, "its beginning is not at hand"); });
      return;
    }
    auto reads = shares::reads_for_body(head->second, task_.range);
    if (!reads) {
      later([this, place] { plan_.on_verdict(place, grid::share_verdict::bad, "it does not parse"); });
      return;
    }
    if (reads->empty()) {
      judge(place, head->second, {});
      return;
    }
    std::uint64_t bytes = 0;
    for (const auto& read : *reads)
      bytes += read.length;
    hedge(place);
    const auto parts = reads->size();
    read_from(self_, entry->link, grid::slot_read{context_.access.slot, {place.share}, std::move(*reads)},
              duration(services_->limits.server_deadline(bytes)),
              [this, place, head = head->second, parts](const read_answer& x) {
                on_answer(place, head, parts, x);
              });
  }

  void later(std::function<void()> what) {
    send_later(self_, duration(0), continuation{[this, what = std::move(what)] {
                 what();
                 pump();
               }});
  }

  void hedge(const grid::share_place& place) {
    send_later(self_, duration(services_->limits.fetch_slow_after), continuation{[this, place] {
                 if (ended_)
                   return;
                 plan_.on_slow(place);
                 pump();
               }});
  }

  void on_answer(const grid::share_place& place, const shared_bytes& head, std::size_t parts,
                 const read_answer& x) {
    if (ended_)
      return;
    count_read(services_->metrics->server(context_.name_of(place.server)), x);
    if (!went_well(x)) {
      plan_.on_failure(place, reason_of(x));
      pump();
      return;
    }
    const auto at = x.answer.reads.find(place.share);
    if (at == x.answer.reads.end() || at->second.size() != parts) {
      const auto damaged = x.answer.damaged.find(place.share);
      plan_.on_verdict(
          place, damaged == x.answer.damaged.end() ? grid::share_verdict::gone : grid::share_verdict::bad,
          damaged == x.answer.damaged.end() ? "the server does not have it any more" : damaged->second);
      pump();
      return;
    }
    judge(place, head, at->second);
  }

  void judge(const grid::share_place& place, const shared_bytes& head, std::vector<shared_bytes> reads) {
    std::uint64_t bytes = head.size();
    for (const auto& part : reads)
      bytes += part.size();
    offload(
        self_, *services_->compute, bytes,
        [version = task_.version, share = place.share, head, reads = std::move(reads), range = task_.range] {
          return shares::judge_body(version, share, head, reads, range);
        },
        [this, place](shares::judged_body&& judged) {
          if (judged.verdict == grid::share_verdict::good) {
            bodies_.insert_or_assign(place.share, std::move(judged.body));
          } else if (judged.verdict == grid::share_verdict::bad) {
            tell_corrupt_share(context_, place, judged.reason, logs::events::lying_server);
            advise_server(self_, context_, place, judged.reason, [] {});
          }
          plan_.on_verdict(place, judged.verdict, std::move(judged.reason));
          pump();
        });
  }

  void ask_for_more() {
    if (asking_)
      return;
    if (!task_.mapper) {
      plan_.give_up();
      pump();
      return;
    }
    asking_ = true;
    messages::request(
        self_, task_.mapper, duration(services_->limits.publish_deadline), map_more{},
        [this](const map_answer& x) {
          asking_ = false;
          for (const auto& [place, head] : x.mapped->heads)
            heads_.insert_or_assign(place, head);
          if (x.more)
            plan_.add_places(x.mapped->map);
          if (!x.more || plan_.state() == grid::retrieve_state::needs_more)
            plan_.give_up();
          pump();
        },
        [this](const caf::error&) {
          asking_ = false;
          plan_.give_up();
          pump();
        });
  }

  void decode() {
    ended_ = true;
    offload(
        self_, *services_->compute, wanted_bytes(),
        [services = services_, version = task_.version, key = *context_.access.read, bodies = bodies_,
         range = task_.range] { return shares::decode(version, key, bodies, *services->codes, range); },
        [this](result<shares::decoded_version>&& decoded) {
          if (!decoded) {
            fail_with(decoded.error());
            return;
          }
          services_->metrics->plaintext_retrieved(static_cast<file_format>(task_.version.format()),
                                                  decoded->content.size());
          auto answer = base_answer();
          answer.ok = true;
          answer.content = std::move(decoded->content);
          answer.salts = std::move(decoded->salts);
          finish(std::move(answer));
        });
  }

  /// Of content. SDMF has one block for all.
  std::uint64_t wanted_bytes() const {
    const auto all = task_.version.data_length;
    return is_mdmf() ? std::min(task_.range.length, all - std::min(all, task_.range.offset)) : all;
  }
  bool is_mdmf() const { return task_.version.format() == grid::share_format::mdmf; }

  error too_long() const {
    return {errc::too_large, "the file has " + std::to_string(task_.version.data_length) +
                                 " bytes, and at most " + std::to_string(longest_content) +
                                 " are read at once: read it part by part, as `truckee get` does"};
  }

  void not_enough() {
    std::string detail = "only " + std::to_string(plan_.good().size()) + " good shares of " +
                         describe(task_.version) + " could be had, and " + std::to_string(task_.version.k) +
                         " are needed";
    for (const auto& lie : plan_.lying())
      detail += "; " + context_.name_of(lie.server) + " share " + std::to_string(lie.share.value) + ": " +
                lie.reason;
    for (const auto& [place, why] : plan_.failures())
      detail +=
          "; " + context_.name_of(place.server) + " share " + std::to_string(place.share.value) + ": " + why;
    fail_with({errc::not_enough_shares, std::move(detail)});
  }

  content_answer base_answer() const {
    content_answer out;
    out.lying = plan_.lying();
    out.failures = plan_.failures();
    out.changed = plan_.changed();
    out.seconds = services_->time->seconds_since(start_);
    return out;
  }

  void fail_with(error why) {
    auto answer = base_answer();
    answer.failure = std::move(why);
    finish(std::move(answer));
  }

  void finish(content_answer answer) {
    ended_ = true;
    if (promise_)
      promise_->deliver(std::move(answer));
    self_->quit();
  }

  void tell() {
    if (!context_.listener)
      return;
    const auto good = plan_.good().size();
    const std::size_t k = task_.version.k;
    operation_progress out;
    out.operation = context_.operation;
    out.text = "Reading shares: " + std::to_string(good) + " good of " + std::to_string(k) + " needed";
    out.progress = context_.span.at(good, k);
    out.bytes_total = wanted_bytes();
    out.bytes_done = out.bytes_total / k * std::min(good, k);
    if (is_mdmf() && task_.version.segment_size > 0) {
      out.segments_total = (out.bytes_total + task_.version.segment_size - 1) / task_.version.segment_size;
      out.segments_done = out.segments_total / k * std::min(good, k);
    }
    out.goal = static_cast<std::uint32_t>(k);
    out.placed = static_cast<std::uint32_t>(good);
    send(self_, context_.listener, std::move(out));
  }

  shell<retriever_state>* self_;
  retrieve_task task_;
  const operation_context& context_;
  services_ptr services_;
  std::map<grid::share_place, shared_bytes> heads_;
  grid::retrieve_plan plan_;
  std::optional<caf::typed_response_promise<content_answer>> promise_;
  std::map<share_number, shares::share_body> bodies_;
  bool asking_ = false;
  bool ended_ = false;
  clock::time_point start_ = services_->time->now();
};

} // namespace

messages::retriever spawn_retriever(caf::actor_system& system, retrieve_task task) {
  return messages::spawn<retriever_state>(system, std::move(task));
}

} // namespace truckee::actors
