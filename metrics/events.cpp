#include "truckee/metrics/children.hpp"

namespace truckee::metrics {

server_events::server_events(std::unique_ptr<children> c) : children_(std::move(c)) {}
server_events::~server_events() = default;

void server_events::shares_written(server_outcome how, std::size_t shares, seconds took) {
  children_->writes.at(how).Increment(static_cast<double>(shares));
  if (how != server_outcome::unreachable) // nothing was sent, so nothing took time
    children_->write_duration.Observe(took.count());
}

void server_events::read_answered(outcome how, seconds took) {
  children_->reads[index_of(how)]->Increment();
  if (how != errc::unreachable)
    children_->read_duration.Observe(took.count());
}

void server_events::share_was_corrupt() {
  children_->corrupt.Increment();
}

void server_events::link_begins() {
  const std::lock_guard lock(children_->mutex);
  ++children_->links_there;
  if (!children_->links)
    children_->links.emplace(children_->make_links());
}

void server_events::link_ends() {
  const std::lock_guard lock(children_->mutex);
  if (--children_->links_there > 0)
    return;
  auto& families = children_->families;
  for (std::uint8_t i = 0; i < link_state_count; ++i)
    families.all.take_out(families.links, children_->links->at(static_cast<link_state>(i)));
  children_->links.reset();
}

void server_events::link_is(link_state state) {
  const std::lock_guard lock(children_->mutex);
  for (std::uint8_t i = 0; i < link_state_count && children_->links; ++i) {
    const auto each = static_cast<link_state>(i);
    children_->links->at(each).Set(each == state ? 1 : 0);
  }
}

void server_events::reconnected() {
  children_->reconnects.Increment();
}

store_events::store_events(std::unique_ptr<children> c) : children_(std::move(c)) {}
store_events::~store_events() = default;

void store_events::served(storage_operation what, outcome how, seconds took) {
  const auto row = std::min<std::size_t>(static_cast<std::size_t>(what), storage_operation_count - 1);
  children_->operations[row][index_of(how)]->Increment();
  children_->durations.at(what).Observe(took.count());
}

void store_events::bytes_read(std::uint64_t bytes) {
  children_->read_bytes.Increment(static_cast<double>(bytes));
}

void store_events::bytes_written(std::uint64_t bytes) {
  children_->written_bytes.Increment(static_cast<double>(bytes));
}

void store_events::slots_are(std::uint64_t slots) {
  children_->slots.Set(static_cast<double>(slots));
}

void store_events::available_bytes_are(std::uint64_t bytes) {
  children_->available_bytes.Set(static_cast<double>(bytes));
}

void store_events::corruption_advised() {
  children_->corruption_advised.Increment();
}

void store_events::looked_for_expired(std::uint64_t shares, std::uint64_t bytes, bool removed) {
  children_->expiry_scans.Increment();
  children_->expired_shares.Set(static_cast<double>(shares));
  children_->expired_bytes.Set(static_cast<double>(bytes));
  if (!removed)
    return;
  children_->removed_shares.Increment(static_cast<double>(shares));
  children_->removed_bytes.Increment(static_cast<double>(bytes));
}

http_events::http_events(std::unique_ptr<children> c) : children_(std::move(c)) {}
http_events::~http_events() = default;

void http_events::answered(http_method method, unsigned status, std::uint64_t received, std::uint64_t sent) {
  const auto row = std::min<std::size_t>(static_cast<std::size_t>(method), http_method_words.size() - 1);
  children_->requests[row]->at(status_class_of(status)).Increment();
  children_->received_bytes.Increment(static_cast<double>(received));
  children_->sent_bytes.Increment(static_cast<double>(sent));
}

void http_events::connections_are(std::size_t open) {
  children_->connections.Set(static_cast<double>(open));
}

void http_events::refused(http::rejection why) {
  children_->refused.at(why).Increment();
}

} // namespace truckee::metrics
