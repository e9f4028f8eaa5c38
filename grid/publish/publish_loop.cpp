#include "truckee/grid/publish/publish_loop.hpp"

#include "truckee/grid/publish/in_place.hpp"

#include <algorithm>
#include <limits>

namespace truckee::grid {

namespace {

result<void> check_encoding(const publish_request& request) {
  const auto& v = request.version;
  if (v.k == 0 || v.k > v.n)
    return fail(errc::usage, "k and N must be 1 <= k <= N <= 255, not " + std::to_string(v.k) + " of " +
                                 std::to_string(v.n));
  if (request.happy == 0 || request.happy > v.n)
    return fail(errc::usage, "happy must be between 1 and N = " + std::to_string(v.n) + ", not " +
                                 std::to_string(request.happy));
  return {};
}

result<void> check_sequence(const publish_request& request) {
  const auto& v = request.version;
  if (request.same_version) {
    if (!request.map.recoverable(v))
      return fail(errc::usage,
                  "a repair at the same sequence number needs a version that the map can recover");
    return {};
  }
  auto highest = request.map.highest_sequence();
  for (const auto& sent : request.earlier)
    highest = std::max(highest, sent.sequence);
  if (highest.value == std::numeric_limits<std::uint64_t>::max())
    return fail(errc::refused,
                "the file's version has the last sequence number there is, so nothing can be written "
                "above it; put the content into a new file");
  if (v.sequence <= highest)
    return fail(errc::usage, "sequence number " + std::to_string(v.sequence.value) + " is not above " +
                                 std::to_string(highest.value) + ", which is in use");
  return {};
}

} // namespace

result<publish_loop> publish_loop::start(publish_request request) {
  return start(std::move(request), std::make_unique<in_place>());
}

result<publish_loop> publish_loop::start(publish_request request, std::unique_ptr<publish_order> order) {
  auto fine = check_encoding(request).and_then([&] { return order->admit(request); }).and_then([&] {
    return check_sequence(request);
  });
  if (!fine)
    return tl::unexpected<error>(fine.error());
  std::set<server_id> once;
  std::erase_if(request.servers, [&](const server_id& id) { return !once.insert(id).second; });
  if (request.servers.empty())
    return fail(errc::not_enough_servers, "no storage server is configured or connected");
  return publish_loop(std::move(request), std::move(order));
}

publish_loop::publish_loop(publish_request request, std::unique_ptr<publish_order> order)
  : tables_(std::move(request)), order_(std::move(order)) {
  order_->goal(tables_);
  tables_.check();
}

publish_actions publish_loop::step() {
  publish_actions out;
  if (!finished() && something_new_ && ++turns_ > tables_.asked().limits.publish_turns_max)
    finish(publish_end::loop_limit);
  something_new_ = false;
  if (!finished() && cancelled_ && order_->may_stop(tables_))
    finish(publish_end::cancelled);
  if (!finished())
    take_turn(out);
  out.finished = finished();
  tables_.check();
  return out;
}

void publish_loop::take_turn(publish_actions& out) {
  order_->place(tables_);
  if (const auto end = order_->enough(tables_)) {
    finish(*end);
    return;
  }
  out.writes = send(order_->messages(tables_));
  // Nobody owes an answer any more: servers that may hold a late write are looked at before anything ends. Those that a
  // kept map takes for empty are looked at beside the writes.
  if (tables_.quiet() || tables_.asked().kept_map)
    out.rereads = send_rereads();
  if (tables_.quiet())
    out.writes = send(order_->retire(tables_));
  if (tables_.quiet())
    finish(order_->conclude(tables_));
}

std::vector<publish_message> publish_loop::send(std::vector<server_message> messages) {
  std::vector<publish_message> out;
  out.reserve(messages.size());
  for (auto& message : messages) {
    const auto id = tables_.send(message);
    out.push_back({id, message.server, std::move(message.shares), order_->read_back()});
  }
  return out;
}

std::vector<reread_message> publish_loop::send_rereads() {
  std::vector<reread_message> out;
  for (const auto& server : tables_.take_rereads())
    out.push_back({tables_.send_reread(server), server, order_->read_back()});
  return out;
}

void publish_loop::on_write(message_id id, const write_outcome& outcome) {
  const auto sent = tables_.settle(id);
  if (!sent)
    return;
  something_new_ = true;
  order_->judge(tables_, *sent, outcome);
  tables_.check();
}

void publish_loop::on_reread(message_id id, const reread_outcome& outcome) {
  const auto server = tables_.settle_reread(id);
  if (!server)
    return;
  something_new_ = true;
  order_->judge(tables_, *server, outcome);
  tables_.check();
}

void publish_loop::cancel() {
  cancelled_ = true;
}

bool publish_loop::leave_the_slow(const std::string& why) {
  if (finished() || cancelled_ || something_new_ || tables_.quiet() || !order_->only_waits(tables_))
    return false;
  write_outcome none;
  none.detail = why;
  for (const auto& server : tables_.busy())
    tables_.mark_bad(server, none);
  if (!tables_.asked().new_file) {
    // An answer that comes later may show another writer: it must not come while something else is still being done.
    finish(order_->conclude(tables_));
    return true;
  }
  for (const auto& sent : tables_.settle_all())
    for (const auto& planned : sent.shares)
      if (planned.step == share_step::write)
        tables_.mark_unknown({sent.server, planned.share});
  something_new_ = true;
  return true;
}

void publish_loop::deadline_passed() {
  if (!finished())
    finish(publish_end::timeout);
}

publish_report publish_loop::report() const {
  auto out = report_of(tables_, end_, turns_);
  order_->account(out);
  return out;
}

void publish_loop::finish(publish_end end) {
  tables_.abandon();
  end_ = end;
}

} // namespace truckee::grid
