#include "truckee/doors/basp/basp_filter.hpp"

#include <algorithm>

namespace truckee::doors::basp {

namespace {

void append(bytes& out, byte_view data) {
  out.insert(out.end(), data.begin(), data.end());
}

bool is_handshake(operation what) {
  return what == operation::client_handshake || what == operation::server_handshake;
}

} // namespace

result<void> basp_filter::take(byte_view in, bytes& out) {
  if (refused_)
    return tl::unexpected(*refused_);
  const auto is_ready = [this] { return step_ != step::body && held_.size() == wanted_; };
  while (!in.empty() || is_ready()) {
    if (step_ == step::body) {
      const auto next = in.first(std::min<std::uint64_t>(left_, in.size()));
      append(out, next);
      in = in.subspan(next.size());
      left_ -= next.size();
    } else {
      const auto next = in.first(std::min(wanted_ - held_.size(), in.size()));
      append(held_, next);
      in = in.subspan(next.size());
      if (held_.size() < wanted_)
        return {};
      if (auto judged = step_ == step::header ? on_header() : on_head(out); !judged) {
        refused_ = judged.error();
        return judged;
      }
    }
    if (step_ == step::body && left_ == 0) {
      step_ = step::header;
      wanted_ = header_size;
    }
  }
  return {};
}

// A header alone is judged at once: what it claims must not cost anything.
result<void> basp_filter::on_header() {
  header_ = read_header(held_);
  const auto first =
      rules_.peer == peer_side::dialler ? operation::client_handshake : operation::server_handshake;
  if (frames_ == 0 && header_.what != first)
    return refuse("the first frame is of operation " + std::to_string(static_cast<unsigned>(header_.what)) +
                  "; a handshake must come first (operation " + std::to_string(static_cast<unsigned>(first)) +
                  ")");
  if (auto checked = check_header(header_, rules_); !checked)
    return checked;
  if (header_.what == operation::server_handshake &&
      header_.data != static_cast<std::uint64_t>(rules_.speaks))
    return refuse("the peer speaks " + name_of(header_.data) + ", this node " + name_of(rules_.speaks) +
                  ": both must be built with one generation of CAF");
  // CAF 0.17 says its handshake again once it has heard the other's, to choose this connection.
  const bool again = frames_ == 1 && header_.what == operation::client_handshake &&
                     header_.flags == select_connection && peer_ != rules_.own;
  if (frames_ > 0 && is_handshake(header_.what) && !again)
    return refuse("frame " + std::to_string(frames_ + 1) +
                  " of the connection is a handshake; only the first may be one");
  if (frames_ == 0 && header_.flags != 0)
    return refuse("the first handshake has flags " + std::to_string(header_.flags) + " instead of 0");
  if (frames_ > 0 && peer_ == rules_.own)
    return refuse("the peer calls itself by this node's own name");
  step_ = step::head;
  const auto head =
      header_.what == operation::direct_message ? std::min(header_.payload, message_head) : header_.payload;
  wanted_ = header_size + head;
  return {};
}

result<void> basp_filter::on_head(bytes& out) {
  const auto judged = judge();
  if (!judged)
    return tl::unexpected(judged.error());
  if (*judged == verdict::needs_all) {
    wanted_ = header_size + header_.payload;
    return {};
  }
  if (*judged == verdict::pass)
    append(out, held_);
  left_ = header_size + std::uint64_t{header_.payload} - held_.size();
  held_.clear();
  ++frames_;
  step_ = step::body;
  return {};
}

result<verdict> basp_filter::judge() {
  const auto passed = [](const result<void>& checked) -> result<verdict> {
    return checked ? result<verdict>(verdict::pass) : tl::unexpected(checked.error());
  };
  switch (header_.what) {
  case operation::server_handshake:
    return greet(read_server_handshake(payload(), rules_.speaks));
  case operation::client_handshake:
    return greet(read_client_handshake(payload(), rules_.speaks));
  case operation::direct_message:
    return judge_message(header_, payload(), rules_, *peer_);
  case operation::monitor_message:
    return passed(check_monitor(payload(), rules_, *peer_));
  case operation::down_message:
    return passed(check_down(payload(), rules_, *peer_));
  default:
    return verdict::pass; // a heartbeat: there is nothing in it
  }
}

result<verdict> basp_filter::greet(const result<node_name>& who) {
  if (!who)
    return tl::unexpected(who.error());
  if (peer_ && *peer_ != *who)
    return refuse("the second handshake names another node than the first");
  peer_ = *who;
  return verdict::pass;
}

} // namespace truckee::doors::basp
