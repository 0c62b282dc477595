import streamlit as st

st.title("Compound interest")
rate = st.slider("Rate in percent", 0.0, 10.0, 3.0)
years = st.slider("Years", 1, 40, 10)
st.metric("One becomes", f"{(1 + rate / 100) ** years:.2f}")
