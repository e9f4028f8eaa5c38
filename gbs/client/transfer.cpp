#include "truckee/gbs/client/transfer.hpp"

#include "truckee/base/text.hpp"
#include "truckee/gbs/base64.hpp"
#include "truckee/gbs/client/connection.hpp"

#include <algorithm>
#include <cstring>

namespace truckee::gbs {

namespace {

constexpr std::size_t header_bytes_max = 16 * 1024; ///< of an answer's head: the real server's has 200
constexpr std::size_t headers_max = 64;
constexpr std::size_t header_value_bytes_max = 256; ///< of those that are looked at
constexpr long buffer_bytes = 128 * 1024;           ///< each way; more does not make it faster
/// The server closes a connection that is idle for a minute; whoever would use it at that moment would not know what became
/// of the request.
constexpr long idle_seconds_max = 30;

std::string lowered(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::string host_of(const address& at) {
  const auto text = to_string(at);
  return text.substr(0, text.rfind(':'));
}

} // namespace

transfer::transfer(request what, std::chrono::milliseconds silence_max, std::function<void(outcome)> done)
  : what_(std::move(what)), silence_max_(silence_max), done_(std::move(done)) {}

transfer::~transfer() {
  if (easy_ != nullptr)
    curl_easy_cleanup(easy_);
  if (url_ != nullptr)
    curl_url_cleanup(url_);
  for (auto* line = lines_; line != nullptr; line = line->next)
    wipe(std::as_writable_bytes(std::span(line->data, std::strlen(line->data))));
  curl_slist_free_all(lines_);
}

// -- before --

bool transfer::set_url(const line_options& to) {
  url_ = curl_url();
  const auto set = [this](CURLUPart part, const std::string& value) {
    return curl_url_set(url_, part, value.c_str(), 0) == CURLUE_OK;
  };
  return url_ != nullptr && set(CURLUPART_SCHEME, "https") && set(CURLUPART_HOST, host_of(to.at)) &&
         set(CURLUPART_PORT, std::to_string(to.at.port)) && set(CURLUPART_PATH, what_.target) &&
         curl_easy_setopt(easy_, CURLOPT_CURLU, url_) == CURLE_OK;
}

bool transfer::set_headers() {
  const auto add = [this](const char* line) {
    auto* longer = curl_slist_append(lines_, line);
    if (longer == nullptr)
      return false;
    lines_ = longer;
    return true;
  };
  for (const auto& x : what_.headers) {
    secret_text line;
    line.reserve(x.name.size() + 2 + x.value.size());
    line.append(x.name).append(": ").append(x.value);
    if (!add(line.c_str()))
      return false;
  }
  // Without a body nobody says of which type it is; and nobody is asked whether he would take one.
  return add("Expect:") && (!what_.body.empty() || add("Content-Type:")) &&
         curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, lines_) == CURLE_OK;
}

void transfer::set_options(const line_options& to) {
  const auto set = [this](CURLoption option, auto value) { curl_easy_setopt(easy_, option, value); };
  pin_ = "sha256//" + std::string(to_base64(to.pin.view()));
  set(CURLOPT_PINNEDPUBLICKEY, pin_.c_str());
  set(CURLOPT_SSL_VERIFYPEER,
      0L); // whoever signed it, and until when it is good, does not matter: the key does
  set(CURLOPT_SSL_VERIFYHOST, 0L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_ENABLE_ALPN, 0L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_PROTOCOLS_STR, "https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, ""); // not even one that the environment names
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(to.connect_timeout.count()));
  set(CURLOPT_MAXAGE_CONN, idle_seconds_max);
  set(CURLOPT_BUFFERSIZE, buffer_bytes);
  set(CURLOPT_UPLOAD_BUFFERSIZE, buffer_bytes);
  set(CURLOPT_ERRORBUFFER, words_.data());
  set(CURLOPT_PRIVATE, this);
  set(CURLOPT_WRITEFUNCTION, &on_write);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, &on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_OPENSOCKETFUNCTION, &on_open);
  set(CURLOPT_OPENSOCKETDATA, sockets_);
  set(CURLOPT_CLOSESOCKETFUNCTION, &on_close);
  set(CURLOPT_CLOSESOCKETDATA, sockets_);
  set(CURLOPT_PREREQFUNCTION, &on_begin);
  set(CURLOPT_PREREQDATA, this);
}

void transfer::set_body() {
  if (what_.how == method::get)
    return;
  curl_off_t size = 0;
  for (const auto& piece : what_.body)
    size += static_cast<curl_off_t>(piece.size());
  // No CURLOPT_SEEKFUNCTION: what was sent once is not sent again on another connection without our knowledge.
  curl_easy_setopt(easy_, CURLOPT_READFUNCTION, &on_read);
  curl_easy_setopt(easy_, CURLOPT_READDATA, this);
  if (what_.how == method::put) {
    curl_easy_setopt(easy_, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy_, CURLOPT_INFILESIZE_LARGE, size);
  } else {
    curl_easy_setopt(easy_, CURLOPT_POST, 1L);
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, size);
  }
}

bool transfer::prepare(const line_options& to, socket_set& sockets) {
  sockets_ = &sockets;
  easy_ = curl_easy_init();
  if (easy_ == nullptr || !set_url(to) || !set_headers())
    return false;
  set_options(to);
  set_body();
  return true;
}

// -- while it runs --

std::size_t transfer::on_read(char* to, std::size_t size, std::size_t count, void* self) {
  auto& me = *static_cast<transfer*>(self);
  const auto room = size * count;
  std::size_t filled = 0;
  while (filled < room && me.piece_ < me.what_.body.size()) {
    const auto rest = me.what_.body[me.piece_].view().subspan(me.at_);
    const auto take = std::min(rest.size(), room - filled);
    std::memcpy(to + filled, rest.data(), take);
    filled += take;
    me.at_ += take;
    if (take == rest.size()) {
      ++me.piece_;
      me.at_ = 0;
    }
  }
  return filled;
}

std::size_t transfer::on_write(char* data, std::size_t size, std::size_t count, void* self) {
  auto& me = *static_cast<transfer*>(self);
  const auto more = std::as_bytes(std::span(data, size * count));
  me.received_ = true;
  if (more.size() > me.what_.answer_bytes_max - me.body_.size()) {
    me.broken_ = "its answer is longer than " + std::to_string(me.what_.answer_bytes_max) + " bytes";
    return 0;
  }
  me.body_.insert(me.body_.end(), more.begin(), more.end());
  return more.size();
}

bool transfer::take_header(std::string_view line) {
  if (line.starts_with("HTTP/")) { // also after "100 Continue"
    answer_ = {};
    return true;
  }
  const auto colon = line.find(':');
  if (colon == line.npos)
    return true;
  auto value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t'))
    value.remove_prefix(1);
  while (!value.empty() && (value.back() == '\r' || value.back() == '\n' || value.back() == ' '))
    value.remove_suffix(1);
  const auto name = lowered(line.substr(0, colon));
  if (name != "content-type" && name != "content-range")
    return true;
  if (value.size() > header_value_bytes_max)
    return false;
  (name == "content-type" ? answer_.content_type : answer_.content_range) = value;
  return true;
}

std::size_t transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto& me = *static_cast<transfer*>(self);
  const std::string_view line{data, size * count};
  me.received_ = true;
  me.header_bytes_ += line.size();
  if (++me.headers_ > headers_max || me.header_bytes_ > header_bytes_max || !me.take_header(line)) {
    me.broken_ = "the head of its answer is too long";
    return 0;
  }
  return line.size();
}

curl_socket_t transfer::on_open(void* sockets, curlsocktype, curl_sockaddr* to) {
  return static_cast<socket_set*>(sockets)->open(to->family, to->socktype, to->protocol);
}

int transfer::on_close(void* sockets, curl_socket_t which) {
  return static_cast<socket_set*>(sockets)->close(which);
}

int transfer::on_begin(void* self, char* remote_host, char* local_host, int remote_port, int local_port) {
  auto& me = *static_cast<transfer*>(self);
  // libcurl would send it again, since a connection that was kept broke before any answer: that changes nothing but for a write.
  if (me.begun_ && me.what_.how == method::post) {
    me.broken_ = "the connection broke before it answered";
    return CURL_PREREQFUNC_ABORT;
  }
  curl_tlssessioninfo* session = nullptr;
  curl_easy_getinfo(me.easy_, CURLINFO_TLS_SSL_PTR, &session);
  if (session != nullptr && session->backend == CURLSSLBACKEND_OPENSSL)
    me.certificate_ = certificate_id(session->internals);
  if (!me.certificate_) {
    me.broken_ = "its certificate cannot be seen";
    return CURL_PREREQFUNC_ABORT;
  }
  me.socket_ = me.sockets_->find({local_host, remote_host, local_port, remote_port});
  me.moved_ = me.socket_ == CURL_SOCKET_BAD ? 0 : bytes_moved(me.socket_);
  me.begun_ = true;
  me.since = clock::now();
  return CURL_PREREQFUNC_OK;
}

bool transfer::has_moved() {
  bool out = std::exchange(received_, false);
  if (socket_ != CURL_SOCKET_BAD) {
    const auto now = bytes_moved(socket_);
    out |= now > moved_;
    moved_ = std::max(moved_, now);
  }
  return out;
}

bool transfer::is_silent(clock::time_point now) const {
  return begun_ && now - since >= silence_max_;
}

// -- at its end --

void transfer::tell(outcome x) {
  if (auto done = std::exchange(done_, nullptr))
    done(std::move(x));
}

void transfer::finish(CURLcode how) {
  outcome out;
  if (how == CURLE_OK && certificate_) {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    answer_.status = static_cast<unsigned>(status);
    answer_.body = shared_bytes(std::move(body_));
    out.how = carried::answered;
    out.answer = std::move(answer_);
    out.certificate = *certificate_;
    tell(std::move(out));
    return;
  }
  out.how = begun_ ? carried::unknown : carried::unsent;
  out.timed_out = how == CURLE_OPERATION_TIMEDOUT;
  out.refused = how == CURLE_SSL_PINNEDPUBKEYNOTMATCH;
  if (!broken_.empty())
    out.text = broken_;
  else if (out.refused)
    out.text = "who answers there has another key than the NURL's pin names";
  else if (out.timed_out)
    out.text = "cannot connect in time";
  else
    out.text = escaped(words_[0] != '\0' ? words_.data() : curl_easy_strerror(how));
  tell(std::move(out));
}

void transfer::finish_silent() {
  outcome out;
  out.how = carried::unknown;
  out.timed_out = true;
  out.text = "nothing moved for " + std::to_string(silence_max_.count()) + " ms";
  tell(std::move(out));
}

void transfer::finish_unsent(std::string why, bool timed_out) {
  outcome out;
  out.timed_out = timed_out;
  out.text = std::move(why);
  tell(std::move(out));
}

} // namespace truckee::gbs
